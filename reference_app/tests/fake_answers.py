"""The command line with answers that need no models."""

from kit import fake_answer_app

import reference_app.answer.api
from reference_app.__main__ import main

reference_app.answer.api.create_app = fake_answer_app
main()
