import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Calls an operation of an MBean, such as a self-test, and prints what it
 * returned as one line of JSON for the parser smoker.plugins.jmxparser:
 *
 * <pre>{"mbean": ..., "operation": ..., "result": ...}, or "error" instead of "result"</pre>
 *
 * Needs a JDK of version 11 or newer and nothing else:
 *
 * <pre>java JmxCall.java (--url URL | --address HOST:PORT | --pid PID) --mbean NAME --operation NAME
 *     [--user USER --password-file FILE] [ARGUMENT...]</pre>
 *
 * Exits with 0 when the operation returned, 1 when it did not, 2 when it was called wrongly.
 */
public class JmxCall {
    private static final String USAGE = "usage: java JmxCall.java (--url URL | --address HOST:PORT | --pid PID)"
            + " --mbean NAME --operation NAME [--user USER --password-file FILE] [ARGUMENT...]";

    public static void main(String[] args) {
        Map<String, String> options = new HashMap<>();
        List<String> arguments = new ArrayList<>();
        for (int at = 0; at < args.length; at++) {
            if (arguments.isEmpty() && args[at].startsWith("--") && at + 1 < args.length) {
                options.put(args[at].substring(2), args[++at]);
            } else {
                arguments.add(args[at]);
            }
        }
        boolean knowsTarget = options.keySet().stream().anyMatch(List.of("url", "address", "pid")::contains);
        if (!knowsTarget || !options.containsKey("mbean") || !options.containsKey("operation")) {
            System.err.println(USAGE);
            System.exit(2);
        }
        String head = "{\"mbean\": " + json(options.get("mbean")) + ", \"operation\": " + json(options.get("operation"));
        int exitCode = 0;
        try (JMXConnector connector = connect(options)) {
            Object result = call(connector.getMBeanServerConnection(), options, arguments);
            System.out.println(head + ", \"result\": " + json(result) + "}");
        } catch (Exception error) {
            System.out.println(head + ", \"error\": " + json(reason(error)) + "}");
            exitCode = 1;
        }
        // Threads of the connector must not keep the program alive.
        System.out.flush();
        Runtime.getRuntime().halt(exitCode);
    }

    private static JMXConnector connect(Map<String, String> options) throws Exception {
        String url = options.get("url");
        if (url == null && options.containsKey("address")) {
            url = "service:jmx:rmi:///jndi/rmi://" + options.get("address") + "/jmxrmi";
        }
        if (url == null) {
            url = localUrl(options.get("pid"));
        }
        Map<String, Object> environment = new HashMap<>();
        if (options.containsKey("user")) {
            String password = "";
            if (options.containsKey("password-file")) {
                password = Files.readAllLines(Path.of(options.get("password-file"))).get(0);
            }
            environment.put(JMXConnector.CREDENTIALS, new String[] {options.get("user"), password});
        }
        return JMXConnectorFactory.connect(new JMXServiceURL(url), environment);
    }

    /** Starts the management agent of a JVM of the same user on this host. */
    private static String localUrl(String pid) throws Exception {
        var machine = com.sun.tools.attach.VirtualMachine.attach(pid);
        try {
            return machine.startLocalManagementAgent();
        } finally {
            machine.detach();
        }
    }

    private static Object call(MBeanServerConnection server, Map<String, String> options, List<String> arguments)
            throws Exception {
        ObjectName name = new ObjectName(options.get("mbean"));
        String operation = options.get("operation");
        for (MBeanOperationInfo info : server.getMBeanInfo(name).getOperations()) {
            if (info.getName().equals(operation) && info.getSignature().length == arguments.size()) {
                String[] types = new String[arguments.size()];
                Object[] values = new Object[arguments.size()];
                for (int at = 0; at < types.length; at++) {
                    types[at] = info.getSignature()[at].getType();
                    values[at] = value(types[at], arguments.get(at));
                }
                return server.invoke(name, operation, values, types);
            }
        }
        throw new IOException(name + " has no operation " + operation + " with " + arguments.size() + " arguments");
    }

    private static Object value(String type, String text) throws IOException {
        switch (type) {
            case "java.lang.String": return text;
            case "boolean": case "java.lang.Boolean": return Boolean.valueOf(text);
            case "int": case "java.lang.Integer": return Integer.valueOf(text);
            case "long": case "java.lang.Long": return Long.valueOf(text);
            case "double": case "java.lang.Double": return Double.valueOf(text);
            default: throw new IOException("an argument of the type " + type + " cannot be given as text");
        }
    }

    /** The innermost cause, which is what went wrong; the others are the way that it came. */
    private static String reason(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getName() : cause.getClass().getSimpleName() + ": " + message;
    }

    private static String json(Object value) {
        if (value == null || value instanceof Boolean) {
            return String.valueOf(value);
        }
        if (value instanceof Number) {
            // JSON has no infinity and no NaN.
            boolean isFinite = Double.isFinite(((Number) value).doubleValue());
            return isFinite ? value.toString() : quoted(value.toString());
        }
        if (value instanceof CompositeData) {
            CompositeData data = (CompositeData) value;
            Map<String, Object> members = new java.util.LinkedHashMap<>();
            data.getCompositeType().keySet().forEach(key -> members.put(key, data.get(key)));
            return json(members);
        }
        if (value instanceof TabularData) {
            return table((TabularData) value);
        }
        if (value instanceof Map) {
            return ((Map<?, ?>) value).entrySet().stream()
                    .map(entry -> quoted(String.valueOf(entry.getKey())) + ": " + json(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof Collection) {
            return ((Collection<?>) value).stream().map(JmxCall::json).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value.getClass().isArray()) {
            List<Object> items = new ArrayList<>();
            for (int at = 0; at < Array.getLength(value); at++) {
                items.add(Array.get(value, at));
            }
            return json(items);
        }
        return quoted(value.toString());
    }

    /** A table as an object: what identifies a row names it, and a single other column stands for itself. */
    private static String table(TabularData table) {
        List<String> index = table.getTabularType().getIndexNames();
        Map<String, Object> rows = new java.util.LinkedHashMap<>();
        for (Object item : table.values()) {
            CompositeData row = (CompositeData) item;
            String name = index.stream().map(key -> String.valueOf(row.get(key))).collect(Collectors.joining(","));
            Map<String, Object> others = new java.util.LinkedHashMap<>();
            row.getCompositeType().keySet().stream()
                    .filter(key -> !index.contains(key)).forEach(key -> others.put(key, row.get(key)));
            // Without other columns the row says what its name says.
            Object single = others.isEmpty() ? name : others.values().iterator().next();
            rows.put(name, others.size() > 1 ? others : single);
        }
        return json(rows);
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
