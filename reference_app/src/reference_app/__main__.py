"""The command line; every command is imported only when it is called."""

from importlib import import_module

import click

COMMANDS = {
    "serve": "reference_app.commands:serve",
    "build-models": "reference_app.training.commands:build_models",
    "train": "reference_app.training.commands:train",
    "evaluate": "reference_app.training.commands:evaluate",
    "index": "reference_app.answer.commands:index",
    "answer": "reference_app.answer.commands:answer",
    "models": "reference_app.models.commands:models",
    "promote": "reference_app.models.commands:promote",
    "roll-back": "reference_app.models.commands:roll_back",
    "migrate": "reference_app.commands:migrate",
    "reseal": "reference_app.commands:reseal",
    "sealing-key": "reference_app.commands:sealing_key",
    "api-key": "reference_app.commands:api_key",
}


class LazyGroup(click.Group):
    """Commands by name and place, so that serving needs nothing that only training needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command


@click.group(cls=LazyGroup)
def main() -> None:
    """A question-answering service that says where its answers come from."""


if __name__ == "__main__":
    main(prog_name="reference_app")
