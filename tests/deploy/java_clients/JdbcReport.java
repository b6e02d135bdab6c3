import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/** What a program on JDBC sees of the endpoint. */
final class JdbcReport {
    private final Report report;
    private final String url;
    private final String database;
    private final String password;
    private final boolean compress;
    private final String table;

    JdbcReport(Report report, int port, String database, String password, boolean compress) {
        this.report = report;
        this.url = "jdbc:clickhouse://127.0.0.1:" + port + "/" + database;
        this.database = database;
        this.password = password;
        this.compress = compress;
        this.table = "jdbc_rows";
    }

    void write() {
        report.of("opened", () -> {
            try (Connection connection = connect(url, password)) {
                look(connection);
            }
            return "closed";
        });
        report.of("wrong_password", () -> select(url, "guessed", "SELECT 1"));
        String analyst = url + "?clickhouse_setting_readonly=1";
        report.of("analyst_reads", () -> select(analyst, password, "SELECT count() FROM " + table));
        report.of("analyst_inserts", () -> update(analyst, "INSERT INTO " + table + " VALUES (9, 'n', now())"));
        report.of("analyst_drops", () -> update(analyst, "DROP TABLE " + table));
        report.of("misnamed_readonly", () -> update(url + "?readonly=1", "DROP TABLE " + table));
        report.of("dropped", () -> update(url, "DROP TABLE " + table));
    }

    private Connection connect(String where, String with) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "default");
        properties.setProperty("password", with);
        properties.setProperty("compress", String.valueOf(compress));
        properties.setProperty("decompress", String.valueOf(compress));
        return DriverManager.getConnection(where, properties);
    }

    private void look(Connection connection) {
        report.of("valid", () -> connection.isValid(5));
        report.of("product", () -> connection.getMetaData().getDatabaseProductName());
        report.of("create", () -> {
            try (Statement statement = connection.createStatement()) {
                String columns = "(id UInt64, text String, at DateTime64(3, 'UTC'))";
                return statement.executeUpdate("CREATE TABLE " + table + columns + " ENGINE = MergeTree ORDER BY id");
            }
        });
        report.of("tables", () -> tables(connection.getMetaData()));
        report.of("columns", () -> columns(connection.getMetaData()));
        report.of("prepared_insert", () -> insert(connection));
        report.of("prepared_select", () -> select(connection));
        report.of("large", () -> sum(connection));
        report.of("unknown_table", () -> update(connection, "SELECT * FROM nowhere"));
        report.of("syntax_error", () -> update(connection, "SELECT FROM WHERE"));
    }

    private Object tables(DatabaseMetaData metadata) throws SQLException {
        List<String> seen = new ArrayList<>();
        try (ResultSet rows = metadata.getTables(null, database, table, null)) {
            while (rows.next()) {
                seen.add(rows.getString("TABLE_NAME") + " " + rows.getString("TABLE_TYPE"));
            }
        }
        return seen;
    }

    private Object columns(DatabaseMetaData metadata) throws SQLException {
        List<String> seen = new ArrayList<>();
        try (ResultSet rows = metadata.getColumns(null, database, table, "%")) {
            while (rows.next()) {
                seen.add(rows.getString("COLUMN_NAME") + " " + rows.getString("TYPE_NAME"));
            }
        }
        return seen;
    }

    private Object insert(Connection connection) throws SQLException {
        String insert = "INSERT INTO " + table + " (id, text, at) VALUES (?, ?, ?)";
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            for (int id = 0; id < 1000; id++) {
                statement.setLong(1, id);
                statement.setString(2, "it's " + id);
                statement.setTimestamp(3, Timestamp.from(Instant.ofEpochMilli(id)));
                statement.addBatch();
            }
            return Arrays.stream(statement.executeBatch()).sum();
        }
    }

    private Object select(Connection connection) throws SQLException {
        String select = "SELECT text, at FROM " + table + " WHERE id >= ? AND text != ? ORDER BY id LIMIT 1";
        try (PreparedStatement statement = connection.prepareStatement(select)) {
            statement.setLong(1, 500);
            statement.setString(2, "it's 500");
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getString(1) + "|" + rows.getTimestamp(2).toInstant();
            }
        }
    }

    private Object sum(Connection connection) throws SQLException {
        long sum = 0;
        try (Statement statement = connection.createStatement();
             ResultSet rows = statement.executeQuery("SELECT number FROM numbers(300000)")) {
            while (rows.next()) {
                sum += rows.getLong(1);
            }
        }
        return sum;
    }

    private Object select(String where, String with, String query) throws SQLException {
        try (Connection connection = connect(where, with);
             Statement statement = connection.createStatement();
             ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private Object update(String where, String statement) throws SQLException {
        try (Connection connection = connect(where, password)) {
            return update(connection, statement);
        }
    }

    private static Object update(Connection connection, String text) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.execute(text);
        }
    }
}
