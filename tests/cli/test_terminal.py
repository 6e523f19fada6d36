"""The progress line says how fast it goes, and how submissions end."""

from grader.cli.terminal import console, watched
from tests.support.standings import a_class, ours


def test_the_progress_line_shows_rate_and_how_submissions_ended(monkeypatch, capsys):
    monkeypatch.setattr(console, "_force_terminal", True, raising=False)
    monkeypatch.setattr("grader.cli.terminal.console.width", 160)
    judgements = [standing.judgement for standing in (*a_class(4), ours())]
    assert list(watched(judgements, "Attention", 5)) == judgements
    said = capsys.readouterr().out
    assert "5/5" in said and "/s" in said
    assert "2 full marks" in said and "2 not right yet" in said and "1 for a person" in said
