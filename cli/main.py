"""The commands of `shelfcast`, each a few lines on the API client."""

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from cli import datasets, forecasts, models, tasks, training
from cli.console import refused, say_error
from cli.up.command import up
from shared.kit.errors import AppError


class Commands(TyperGroup):
    """A group of commands that turns every expected error into one clear line."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            say_error(refused(error))
        except (AppError, OSError) as error:
            say_error(error)
        raise typer.Exit(1)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sales forecasting: data, training, models, forecasts.",
)
app.command()(up)
app.command()(datasets.sample)
app.command()(datasets.upload)
app.command(name="datasets")(datasets.list_datasets)
app.command()(training.train)
app.command(name="algorithms")(training.list_algorithms)
app.command(name="tasks")(tasks.list_tasks)
app.command()(tasks.cancel)
app.command()(tasks.repeat)
app.command(name="models")(models.list_models)
app.command()(forecasts.predict)
