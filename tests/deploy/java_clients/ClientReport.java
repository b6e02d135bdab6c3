import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.CompressionMethod;
import com.clickhouse.client.api.data_formats.ClickHouseBinaryFormatReader;
import com.clickhouse.client.api.data_formats.RowBinaryFormatWriter;
import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.metadata.TableSchema;
import com.clickhouse.client.api.query.GenericRecord;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.data.ClickHouseColumn;
import com.clickhouse.data.ClickHouseFormat;

/** What ClickHouse's own client for Java sees of the endpoint. */
final class ClientReport {
    /** How requests and answers are compressed. */
    enum Compression { NONE, LZ4, ZSTD, HTTP }

    private static final String TYPES = "SELECT toInt8(-1), 18446744073709551615, toInt256('-99999999999999999999999'),"
        + " 1.5, toDecimal64('12.3400', 4), 'é\\t\\'', toFixedString('ab', 2), toDate('2026-11-22'),"
        + " toDateTime64('2026-11-22 01:02:03.456789', 6, 'UTC'), toUUID('00000000-0000-0000-0000-000000000007'),"
        + " true, CAST(NULL, 'Nullable(Int32)'), ['x', 'y'], map('a', 1), CAST('b', 'Enum8(\\'a\\' = 1, \\'b\\' = 2)'),"
        + " toLowCardinality('low'), toIPv4('10.0.0.1'), toUInt128(5)";
    private static final String FAILS_LATE =
        "SELECT throwIf(number = 290000) FROM numbers(300000) SETTINGS max_block_size = 5000, max_threads = 1";

    private final Report report;
    private final Client client;
    private final Client reader;
    private final String table;

    ClientReport(Report report, int port, String database, String password, Compression compression) {
        this.report = report;
        this.client = builder(port, database, password, compression).build();
        this.reader = builder(port, database, password, compression).serverSetting("readonly", "1").build();
        this.table = "client_" + compression.name().toLowerCase();
    }

    private static Client.Builder builder(int port, String database, String password, Compression compression) {
        Client.Builder builder = new Client.Builder()
            .addEndpoint("http://127.0.0.1:" + port)
            .setUsername("default")
            .setPassword(password)
            .setDefaultDatabase(database)
            .compressServerResponse(compression != Compression.NONE)
            .compressClientRequest(compression != Compression.NONE)
            .useHttpCompression(compression == Compression.HTTP);
        return compression == Compression.ZSTD ? builder.compressionMethod(CompressionMethod.ZSTD) : builder;
    }

    void write() {
        report.of("ping", client::ping);
        report.of("types", this::types);
        report.of("parameters", this::parameters);
        report.of("no_rows", () -> client.queryAll("SELECT 1 AS a WHERE 0").size());
        report.of("large", this::large);
        report.of("create", this::create);
        report.of("schema", this::schema);
        report.of("row_binary", this::rowBinary);
        report.of("tab_separated", () -> insert(ClickHouseFormat.TabSeparated, "200000\ttab\\ts\t\\N\n"));
        report.of("json", () -> insert(ClickHouseFormat.JSONEachRow, "{\"id\": 300000, \"text\": \"js\\\"on\", \"note\": 7}\n"));
        report.of("stored", this::stored);
        report.of("unknown_table", () -> client.queryAll("SELECT * FROM nowhere"));
        report.of("late_error", () -> sum(FAILS_LATE));
        report.of("bad_rows", () -> insert(ClickHouseFormat.TabSeparated, "x\ty\tz\n"));
        report.of("reader_reads", () -> reader.queryAll("SELECT count() AS n FROM " + table).get(0).getLong("n"));
        report.of("reader_inserts", () -> {
            reader.execute("INSERT INTO " + table + " (id) VALUES (1)").get().close();
            return "written";
        });
        report.of("reader_drops", () -> {
            reader.execute("DROP TABLE " + table).get().close();
            return "dropped";
        });
        client.close();
        reader.close();
    }

    private Object types() throws Exception {
        List<String> seen = new ArrayList<>();
        try (QueryResponse answer = client.query(TYPES).get();
             ClickHouseBinaryFormatReader rows = client.newBinaryFormatReader(answer)) {
            rows.next();
            for (int column = 1; column <= rows.getSchema().getColumns().size(); column++) {
                seen.add(rows.getString(column));
            }
        }
        return seen;
    }

    private Object parameters() throws Exception {
        Map<String, Object> given = Map.of("text", "it's é", "number", 7, "key", new UUID(0, 9));
        GenericRecord row = client.queryAll("SELECT {text:String} AS a, {number:Int32} AS b, {key:UUID} AS c", given).get(0);
        return row.getString("a") + "|" + row.getInteger("b") + "|" + row.getUUID("c");
    }

    private Object large() throws Exception {
        return sum("SELECT number, repeat('x', 20) FROM numbers(300000)");
    }

    private long sum(String query) throws Exception {
        long sum = 0;
        try (QueryResponse answer = client.query(query).get();
             ClickHouseBinaryFormatReader rows = client.newBinaryFormatReader(answer)) {
            while (rows.next() != null) {
                sum += rows.getLong(1);
            }
        }
        return sum;
    }

    private Object create() throws Exception {
        String columns = "(id UInt64, text String, note Nullable(Int32))";
        client.execute("CREATE TABLE " + table + " " + columns + " ENGINE = MergeTree ORDER BY id").get().close();
        return "created";
    }

    private Object schema() {
        StringBuilder seen = new StringBuilder();
        for (ClickHouseColumn column : client.getTableSchema(table).getColumns()) {
            seen.append(column.getColumnName()).append(' ').append(column.getOriginalTypeName()).append(", ");
        }
        return seen;
    }

    private Object rowBinary() throws Exception {
        TableSchema schema = client.getTableSchema(table);
        try (InsertResponse answer = client.insert(table, out -> {
            RowBinaryFormatWriter rows = new RowBinaryFormatWriter(out, schema, ClickHouseFormat.RowBinary);
            for (int id = 0; id < 100_000; id++) {
                rows.setLong("id", id);
                rows.setString("text", "text " + id % 10);
                rows.setValue("note", id % 2 == 0 ? null : id);
                rows.commitRow();
            }
        }, ClickHouseFormat.RowBinary, new InsertSettings().serverSetting("async_insert", "0")).get()) {
            return answer.getWrittenRows();
        }
    }

    private Object insert(ClickHouseFormat format, String rows) throws Exception {
        InsertSettings settings = new InsertSettings().serverSetting("async_insert", "0");
        ByteArrayInputStream data = new ByteArrayInputStream(rows.getBytes(StandardCharsets.UTF_8));
        try (InsertResponse answer = client.insert(table, data, format, settings).get()) {
            return answer.getWrittenRows();
        }
    }

    private Object stored() {
        String query = "SELECT count() AS n, uniqExact(id) AS ids, sum(note) AS notes,"
            + " groupArraySortedIf(5)(text, text NOT LIKE 'text %') AS texts FROM " + table;
        GenericRecord row = client.queryAll(query).get(0);
        return row.getLong("n") + "|" + row.getLong("ids") + "|" + row.getLong("notes") + "|" + row.getList("texts");
    }
}
