"""Arrays of Debezium's JSON (`["a","b,c",null]`) as PostgreSQL writes them (`{a,"b,c",NULL}`): SQL expressions.

Debezium knows one dimension. Of an array of several it sends what says nothing, which must not be taken for values:
NULLs where it reads numbers, and the name of a Java class for each row where it reads texts. That an array's indexes
begin elsewhere than at 1 is not sent at all.
"""

from collections.abc import Callable

# [Ljava.lang.String;@1b2c3d
_JAVA_ARRAY = "^[[]+L[A-Za-z.]+;@[0-9a-f]+$"
# What PostgreSQL puts in quotes within an array, beside an empty text and the word NULL.
_NEEDS_QUOTES = r'[{}",\\\\ \\t\\n\\r\\v\\f]'


def array_text(sent: str, element: Callable[[str], str]) -> str:
    """The text of a one-dimensional array; `element` is the expression for the text of one that is not NULL."""
    text = element("_element")
    escaped = rf"""replaceAll(replaceAll({text}, '\\', '\\\\'), '"', '\\"')"""
    quoted = f"""concat('"', {escaped}, '"')"""
    written = (
        f"multiIf(isNull(_element), 'NULL', {text} = '' OR lower({text}) = 'null'"
        f" OR match(assumeNotNull({text}), '{_NEEDS_QUOTES}'), {quoted}, {text})"
    )
    elements = f"arrayStringConcat(arrayMap(_element -> assumeNotNull({written}), {_elements(sent)}), ',')"
    return f"if(isNull({sent}), NULL, concat('{{', {elements}, '}}'))"


def not_one_dimension(sent: str, *, of_texts: bool) -> str:
    """True where what was sent is no array, or stands for one of several dimensions."""
    says_nothing = f"match(ifNull(_element, ''), '{_JAVA_ARRAY}')" if of_texts else "isNull(_element)"
    empty = f"arrayAll(_element -> {says_nothing}, {_elements(sent)}) AND notEmpty({_elements(sent)})"
    return f"(isNotNull({sent}) AND (NOT startsWith({sent}, '[') OR ({empty})))"


def _elements(sent: str) -> str:
    return f"JSONExtract(ifNull({sent}, '[]'), 'Array(Nullable(String))')"
