"""Floats of Debezium's JSON (`1.0E20`) as PostgreSQL writes them (`1e+20`): an SQL expression.

Java writes some floats with more digits than it needs, so the number is read and written anew. ClickHouse writes the
shortest digits, as PostgreSQL does, and has other bounds beyond which a number gets an exponent.
"""

# PostgreSQL writes an exponent from ten to this power on: what a float of so many bits holds for certain.
_DIGITS = {32: 6, 64: 15}


def float_text(sent: str, bits: int) -> str:
    """The text of a `real` (32 bits) or a `double precision` (64); infinities and NaN are sent as they are written."""
    number = f"toFloat{bits}OrNull(_sent)"
    plain = f"{number} = 0 OR (abs({number}) >= toFloat{bits}(0.0001) AND abs({number}) < 1e{_DIGITS[bits]})"
    text = (
        f"multiIf(isNull({number}) OR NOT isFinite({number}), _sent,"
        f" {plain}, toString({number}), {_with_exponent(number)})"
    )
    # A lambda names what is sent: its expression may be long, and stands in this one many times.
    return f"arrayElement(arrayMap(_sent -> {text}, [{sent}]), 1)"


def _with_exponent(number: str) -> str:
    written = f"toString(abs({number}))"
    mantissa = f"extract({written}, '^[0-9.]+')"
    digits = f"trimBoth(replaceOne({mantissa}, '.', ''), '0')"
    leading = f"length(extract({written}, '^0[.](0*)'))"
    exponent = (
        f"multiIf(position({written}, 'e') > 0, toInt32OrZero(extract({written}, 'e(.+)$')),"
        f" abs({number}) < 1, -1 - toInt32({leading}), toInt32(length(extract({written}, '^[0-9]+'))) - 1)"
    )
    # leftPad would cut off what is longer.
    power = f"if(abs({exponent}) < 10, concat('0', toString(abs({exponent}))), toString(abs({exponent})))"
    fraction = f"if(length({digits}) > 1, concat('.', substring({digits}, 2)), '')"
    return (
        f"concat(if({number} < 0, '-', ''), substring({digits}, 1, 1), {fraction}, 'e',"
        f" if({exponent} < 0, '-', '+'), {power})"
    )
