"""Floats of Debezium's JSON (`1.0E20`) as PostgreSQL writes them (`1e+20`): an SQL expression.

Java writes some floats with more digits than it needs, so the number is read and written anew. ClickHouse writes the
shortest digits, as PostgreSQL does, but has other bounds beyond which a number gets an exponent, and writes that
otherwise.

Of a number that is as near to another float as to this one, such as 1e23, PostgreSQL writes one digit more than
ClickHouse: such a float cannot be told. There is none below the size from which floats are whole numbers.
"""

# PostgreSQL writes an exponent from ten to this power on: what a float of so many bits holds for certain.
_DIGITS = {32: 6, 64: 15}
# From here on floats are whole numbers, and to here the shortest text of one can lie between two.
_WHOLE = {32: 1 << 24, 64: 1 << 53}
_LAST_BETWEEN = "1e39"


def float_text(sent: str, bits: int) -> str:
    """The text of a `real` (32 bits) or a `double precision` (64); infinities and NaN are sent as they are written."""
    size, written = "abs(_number)", "toString(_number)"
    plain = f"_number = 0 OR ({size} >= toFloat{bits}(0.0001) AND {size} < 1e{_DIGITS[bits]})"
    text = (
        f"multiIf(isNull(_number) OR NOT isFinite(_number), _sent, {plain}, {written},"
        f" {size} < 1, {_small(written)}, {_large(written)})"
    )
    # A lambda names what is sent: its expression may be long, and stands in this one several times.
    return f"arrayElement(arrayMap((_sent, _number) -> {text}, [{sent}], [toFloat{bits}OrNull({sent})]), 1)"


def between_two(sent: str, bits: int) -> str:
    """True of a float whose shortest text is as near to the next float as to it."""
    size = f"abs(ifNull(toFloat{bits}OrNull({sent}), 0))"
    whole = f"toFloat{bits}(if({size} >= {_WHOLE[bits]} AND {size} < {_LAST_BETWEEN}, {size}, 0))"
    following = f"reinterpretAsFloat{bits}(reinterpretAsUInt{bits}({whole}) + 1)"
    # Digits by digits: a cast of a float to a wide integer is not exact.
    exact, following = (f"toDecimal256(toDecimalString({number}, 0), 0)" for number in (whole, following))
    away, apart = "abs(_text - _exact)", "(_following - _exact)"
    # Below a power of two the next float is half as far away.
    near = f"_exact != 0 AND ({away} * 2 = {apart} OR {away} * 4 = {apart})"
    text = f"toDecimal256(toString({whole}), 0)"
    return f"arrayExists((_exact, _following, _text) -> {near}, [{exact}], [{following}], [{text}])"


def _small(written: str) -> str:
    """Of 0.000012, 0.0000012 or 1.2e-7, whose exponents are -05, -06 and -07."""
    for pattern, power in (
        (r"^(-?)0[.]0000([1-9])(\\d*)$", r"\\1\\2.\\3e-05"),
        (r"^(-?)0[.]00000([1-9])(\\d*)$", r"\\1\\2.\\3e-06"),
        (r"e-(\\d)$", r"e-0\\1"),
    ):
        written = f"replaceRegexpOne({written}, '{pattern}', '{power}')"
    return f"replaceOne({written}, '.e', 'e')"


def _large(written: str) -> str:
    """Of 1200000000000000, 1200000.5 or 1.2e21, which are 1.2e+15, 1.2000005e+06 and 1.2e+21."""
    mantissa = rf"replaceRegexpOne(replaceOne({written}, '.', ''), '^(-?\\d)(\\d*?)0*$', '\\1.\\2e+')"
    power = rf"leftPad(toString(length(extract({written}, '\\d+')) - 1), 2, '0')"
    plain = f"concat(replaceOne({mantissa}, '.e', 'e'), {power})"
    return f"if(position({written}, 'e') > 0, replaceOne({written}, 'e', 'e+'), {plain})"
