# A target per role: a service, its migrations, capture. They share every layer but their own sources. Kafka and Connect,
# at the end, share a Java runtime and the jars.

FROM python:3.11-slim-bookworm AS dependencies
RUN python -m venv /opt/pdm && /opt/pdm/bin/pip install --no-cache-dir --quiet 'pdm[locked]==2.29.3'
WORKDIR /opt/huleedu
COPY pyproject.toml pdm.lock ./
# Compiled here: where it runs, nothing can be written.
RUN python -m venv --without-pip .venv \
    && PDM_CHECK_UPDATE=false VIRTUAL_ENV=/opt/huleedu/.venv /opt/pdm/bin/pdm sync --prod --no-self --quiet \
    && .venv/bin/python -m compileall -q .venv

FROM python:3.11-slim-bookworm AS runtime
RUN useradd --system --uid 10001 --no-create-home huleedu
WORKDIR /opt/huleedu
COPY --from=dependencies /opt/huleedu/.venv .venv
ENV PATH=/opt/huleedu/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY services/__init__.py services/registry.py services/
COPY services/kit services/kit
USER huleedu

# Migrations and capture read all the models, and the first gives each service its database.
FROM runtime AS databases
COPY services services
COPY cdc cdc
COPY migrations migrations
COPY deploy deploy

FROM databases AS migrations
ENTRYPOINT ["python", "-m", "migrations"]
CMD ["upgrade"]

FROM databases AS capture
CMD ["python", "-m", "cdc", "run"]

FROM runtime AS service
# PORT is the one that the registry has for the service.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", \
    "from os import environ; from urllib.request import urlopen; urlopen(f'http://127.0.0.1:{environ[\"PORT\"]}/healthz', timeout=4)"]

FROM service AS content
COPY services/content_service services/content_service
ENV PORT=8001 CONTENT_SERVICE_HOST=0.0.0.0 CONTENT_SERVICE_PORT=8001
CMD ["python", "-m", "services.content_service"]

FROM service AS spell_checker
COPY services/spell_checker_service services/spell_checker_service
ENV PORT=8002 SPELL_CHECKER_SERVICE_HOST=0.0.0.0 SPELL_CHECKER_SERVICE_PORT=8002
CMD ["python", "-m", "services.spell_checker_service"]

FROM service AS file
COPY services/file_service services/file_service
ENV PORT=7001 FILE_SERVICE_HOST=0.0.0.0 FILE_SERVICE_PORT=7001
CMD ["python", "-m", "services.file_service"]

FROM service AS cj_assessment
COPY services/cj_assessment_service services/cj_assessment_service
ENV PORT=9095 CJ_ASSESSMENT_SERVICE_HOST=0.0.0.0 CJ_ASSESSMENT_SERVICE_PORT=9095
CMD ["python", "-m", "services.cj_assessment_service"]

FROM service AS api_gateway
COPY services/api_gateway_service services/api_gateway_service
ENV PORT=4001 API_GATEWAY_HOST=0.0.0.0 API_GATEWAY_PORT=4001
CMD ["python", "-m", "services.api_gateway_service"]

# Kafka, Kafka Connect and Debezium's connector, as pom.xml pins them.
FROM debian:bookworm-slim AS jars
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends maven openjdk-17-jre-headless
COPY deploy/local/kafka/pom.xml ./
RUN mvn --batch-mode --quiet --strict-checksums generate-resources -Dparts=/opt/kafka

FROM debian:bookworm-slim AS jvm
# curl asks Connect how it is.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends curl openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home huleedu
COPY --from=jars /opt/kafka/lib /opt/kafka/lib
COPY deploy/local/kafka/log4j2.properties /opt/kafka/
USER huleedu
ENTRYPOINT ["java", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData", "-Djava.awt.headless=true", \
    "-Dlog4j2.configurationFile=/opt/kafka/log4j2.properties", "-cp", "/opt/kafka/lib/*"]

FROM jvm AS kafka
COPY deploy/local/kafka/broker.properties /tmp/shared.properties
COPY deploy/docker/kafka/broker.properties /tmp/own.properties
USER root
# A volume over this directory belongs to whom the directory belongs.
RUN cat /tmp/shared.properties /tmp/own.properties > /opt/kafka/broker.properties \
    && install --directory --owner=huleedu /var/lib/kafka
USER huleedu
CMD ["-Xmx512m", "kafka.Kafka", "/opt/kafka/broker.properties"]

FROM jvm AS connect
COPY --from=jars /opt/kafka/plugins /opt/kafka/plugins
COPY deploy/local/kafka/worker.properties /tmp/shared.properties
COPY deploy/docker/kafka/worker.properties /tmp/own.properties
USER root
RUN cat /tmp/shared.properties /tmp/own.properties > /opt/kafka/worker.properties \
    && install --directory --owner=huleedu --mode=0700 /opt/kafka/secrets
USER huleedu
CMD ["-Xmx768m", "org.apache.kafka.connect.cli.ConnectDistributed", "/opt/kafka/worker.properties"]
