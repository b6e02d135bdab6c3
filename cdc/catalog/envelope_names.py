"""Where Debezium's JSON is inserted, and how: the tables that take it beside each table's own `envelopes`."""

# Ends of transactions, and logical messages, of every service.
ENVELOPE_TRANSACTIONS = "cdc.envelope_transactions"
ENVELOPE_MESSAGES = "cdc.envelope_messages"
ENVELOPE_FORMAT = "JSONEachRow"
# Said with every insert of envelopes, beside what is said with every insert, and with the query of given ones: a field
# that no column is for is refused, so that a new column cannot be lost.
ENVELOPE_INSERT_SETTINGS = {
    "input_format_skip_unknown_fields": 0,
    "input_format_json_ignore_unknown_keys_in_named_tuple": 0,
    "input_format_json_read_numbers_as_strings": 1,
    "input_format_json_read_bools_as_strings": 1,
    "input_format_json_read_arrays_as_strings": 1,
    "input_format_json_read_objects_as_strings": 1,
    "input_format_null_as_default": 1,
    # Looking for where rows end, to parse them side by side, costs more of a core than it saves time.
    "input_format_parallel_parsing": 0,
}
# What the connector puts in place of an unchanged large value whose old one was not sent either: nobody can guess it.
UNAVAILABLE = "huleedu-unavailable-5b0f6e0c9d3a4f7e8c21"
