"""Write the sample of the study POP again: python -m popresearch.sample"""

from popresearch import sample, study

POP = study.load("pop", "sample")
for what, count in sample.write(POP, POP.folder / "sample").items():
    print(f"{count:>6,}  {what}")
