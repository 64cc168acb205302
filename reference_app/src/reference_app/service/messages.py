"""What the modules say to one another, as JSON; anything else is refused before it is looked at."""

from datetime import date, datetime
from typing import Annotated, Literal
from unicodedata import category
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

LONGEST_QUESTION = 1000  # characters

INVISIBLE = {"Cc", "Cf", "Cs"}  # Unicode categories
JOINERS = "\t\n\r\u200c\u200d"  # line ends, and what some scripts and emoji are joined by


def _visible(text: str) -> str:
    """The text itself; ValueError when it holds what a reader would not see."""
    if any(category(each) in INVISIBLE and each not in JOINERS for each in text):
        raise ValueError("the text holds invisible characters")
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION),
    AfterValidator(_visible),
]
Owner = Annotated[str, StringConstraints(pattern=r"^[\w.@:|/+-]{1,200}$")]
Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


class Message(BaseModel):
    """An object of JSON with exactly these fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(Message):
    """What a person wants to know."""

    question: Text


class Source(Message):
    """Where in the knowledge base an answer stands."""

    title: str
    passage: str
    file: str


class Answer(Message):
    """What the answer module says; extra fields are its own business."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    answer: str | None
    confidence: float = Field(ge=0, le=1)
    known: bool
    source: Source | None
    model: str


class Explanation(Message):
    """Figures of why a model says what it says, and its name; more is for programs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    figures: dict[str, str]  # SVG


class AnswerExplanation(Explanation):
    """Why a question got its answer, or none."""

    known: bool
    confidence: float
    threshold: float


class DigitExplanation(Explanation):
    """Why a picture shows a digit."""

    digit: int
    probabilities: tuple[float, ...]


class Exchange(Message):
    """A question with its answer, as the owner sees it again."""

    id: UUID
    asked_at: datetime
    question: str
    answer: Answer
    helpful: bool | None = None


class NewExchange(Message):
    """An exchange to keep; its nonce is used once by an owner, so that no request counts twice."""

    exchange: Exchange
    owner: Owner
    nonce: Nonce
    seconds: float = Field(ge=0)


class Search(Message):
    """Which exchanges to list, newest first; those of everybody when no owner is given."""

    owner: Owner | None = None
    text: Annotated[str, StringConstraints(max_length=LONGEST_QUESTION)] = ""
    before: datetime | None = None
    limit: int = Field(default=20, ge=1, le=100)


class Lookup(Message):
    """One exchange of an owner."""

    owner: Owner
    id: UUID


class Feedback(Lookup):
    """Whether an answer helped its owner."""

    helpful: bool


class Erasure(Message):
    """Whose exchanges to delete for good."""

    owner: Owner


class Erased(Message):
    """How many exchanges were deleted."""

    erased: int


class Replayed(Message):
    """The exchange that used a nonce first."""

    error: Literal["replayed"] = "replayed"
    id: UUID


class Day(Message):
    """The figures of one day, in UTC."""

    day: date
    asked: int
    known: int
    helpful: int
    unhelpful: int
    confidence: float  # mean
    seconds: float  # mean


class Statistics(Message):
    """Figures of the last days, newest first."""

    days: tuple[Day, ...]
