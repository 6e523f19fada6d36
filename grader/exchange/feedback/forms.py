"""Every form of feedback, by the name of its platform."""

from .canvas import Canvas
from .classroom50 import Classroom50
from .folders import Folders
from .form import Form
from .gradescope import Gradescope
from .moodle import Moodle
from .nbgrader import Nbgrader

FORMS: dict[str, type[Form]] = {
    "moodle": Moodle,
    "canvas": Canvas,
    "nbgrader": Nbgrader,
    "gradescope": Gradescope,
    "classroom50": Classroom50,
    "files": Folders,
}
