import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;

import com.clickhouse.client.api.ServerException;

/** Prints what was seen, for a test to judge: a line each of a name, a tab and a value. */
final class Report {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private final String prefix;

    Report(String prefix) {
        this.prefix = prefix;
    }

    /** Something that can be looked at. */
    interface Look {
        Object see() throws Exception;
    }

    /** Look, and print what there is to see; of a failure its class, and ClickHouse's code for it. */
    void of(String name, Look look) {
        Object seen;
        try {
            seen = look.see();
        } catch (Exception failure) {
            seen = described(failure);
        }
        OUT.println(prefix + "." + name + "\t" + String.valueOf(seen).replace("\n", "\\n").replace("\t", "\\t"));
    }

    private static String described(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ServerException) {
                return "ServerException " + ((ServerException) cause).getCode() + " " + cause.getMessage();
            }
            if (cause instanceof SQLException && ((SQLException) cause).getErrorCode() > 0) {
                return "SQLException " + ((SQLException) cause).getErrorCode() + " " + cause.getMessage();
            }
        }
        return failure.toString();
    }

    /** Arguments: port and database. The password is in the environment. */
    public static void main(String[] arguments) {
        int port = Integer.parseInt(arguments[0]);
        String database = arguments[1];
        String password = System.getenv("PASSWORD");
        for (ClientReport.Compression compression : ClientReport.Compression.values()) {
            Report report = new Report("client." + compression.name().toLowerCase());
            new ClientReport(report, port, database, password, compression).write();
        }
        for (boolean compress : new boolean[] {true, false}) {
            Report report = new Report("jdbc." + (compress ? "blocks" : "plain"));
            new JdbcReport(report, port, database, password, compress).write();
        }
    }
}
