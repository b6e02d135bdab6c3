"""Kafka on one machine: a broker and Kafka Connect with Debezium's connector, as Maven resolves them from pom.xml."""
