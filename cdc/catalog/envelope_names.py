"""Where Debezium's JSON is inserted, and how: the tables that take it beside each table's own `envelopes`."""

# BEGIN and END of transactions, and logical messages, of every service.
ENVELOPE_TRANSACTIONS = "cdc.envelope_transactions"
ENVELOPE_MESSAGES = "cdc.envelope_messages"
ENVELOPE_FORMAT = "JSONEachRow"
# Said with every insert of envelopes, beside what is said with every insert: a field that no column is for is refused,
# so that a new column cannot be lost.
ENVELOPE_INSERT_SETTINGS = {
    "input_format_skip_unknown_fields": 0,
    "input_format_json_ignore_unknown_keys_in_named_tuple": 0,
    "input_format_json_read_numbers_as_strings": 1,
    "input_format_json_read_bools_as_strings": 1,
}
