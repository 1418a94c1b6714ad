"""What each command of the command line is asked with; a command itself is only imported when it runs."""

from .of_cases import CASE_COMMANDS
from .of_other_images import OTHER_IMAGE_COMMANDS
from .of_plans import PLAN_COMMANDS
from .of_results import RESULT_COMMANDS
from .of_stability import STABILITY_COMMANDS
from .of_training import TRAINING_COMMANDS

ADD_COMMANDS = (
    *CASE_COMMANDS,
    *OTHER_IMAGE_COMMANDS,
    *PLAN_COMMANDS,
    *STABILITY_COMMANDS,
    *RESULT_COMMANDS,
    *TRAINING_COMMANDS,
)
"""Functions that add the parser of one command each."""
