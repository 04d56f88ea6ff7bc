"""Helper package of the POP research repository; its modules are the stages an answer travels through."""

__version__ = "0.1.0"
