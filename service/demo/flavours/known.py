"""The manners that this LMS can be started with, by name."""

from service.demo.flavours.canvas import Canvas
from service.demo.flavours.moodle import Moodle
from service.demo.flavours.plain import Plain
from service.demo.settings import FlavourName

FLAVOURS: dict[FlavourName, type[Plain]] = {"plain": Plain, "moodle": Moodle, "canvas": Canvas}
