"""A language that the grader does not speak."""

import gettext

WORDS = {"Results": "Résultats", "full marks": "tous les points"}


class French(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return WORDS.get(message, message)


FRENCH = French()
