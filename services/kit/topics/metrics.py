"""What a service tells of the topics that it reads."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("topic_messages_total", "Messages that were taken, by how they ended.", ["topic", "outcome"])
RETRIES = Counter("topic_message_retries_total", "Tries of a message that failed and are repeated.", ["topic"])
SECONDS = Histogram("topic_message_duration_seconds", "Seconds from taking a message to its end.", ["topic"])
BEHIND = Gauge("topic_messages_behind", "Messages after the last one that ended.", ["topic", "partition"])
COMMIT_FAILURES = Counter("topic_commit_failures_total", "Offsets that a broker did not take.", ["topic"])
