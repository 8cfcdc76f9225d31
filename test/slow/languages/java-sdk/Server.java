import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.HttpServletSseServerTransportProvider;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import jakarta.servlet.http.HttpServlet;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

/** The tools, over each transport. */
final class Server {
  private static final String NAME = "java-sdk-server";

  static void serve(String transport) throws Exception {
    switch (transport) {
      case "stdio" ->
          McpServer.sync(new StdioServerTransportProvider(McpJsonDefaults.getMapper()))
              .serverInfo(NAME, "1.0.0").tools(tools()).build();
      case "sse" -> {
        var provider = HttpServletSseServerTransportProvider.builder()
            .sseEndpoint("/sse").messageEndpoint("/messages").build();
        McpServer.sync(provider).serverInfo(NAME, "1.0.0").tools(tools()).build();
        listen(provider);
      }
      default -> {
        var provider = HttpServletStreamableServerTransportProvider.builder().mcpEndpoint("/mcp").build();
        McpServer.sync(provider).serverInfo(NAME, "1.0.0").tools(tools()).build();
        listen(provider);
      }
    }
  }

  private static List<SyncToolSpecification> tools() {
    Map<String, Object> message = Map.of("message", Map.of("type", "string"));
    return List.of(
        tool("echo", message, (exchange, request) -> text((String) request.arguments().get("message")).build()),
        tool("fail", Map.of(), (exchange, request) -> text("it fails").isError(true).build()),
        tool("slow", Map.of(), Server::slow));
  }

  private static CallToolResult slow(McpSyncServerExchange exchange, CallToolRequest request) {
    for (int step = 1; step <= 2; step++) {
      if (request.progressToken() != null) {
        exchange.progressNotification(new ProgressNotification(request.progressToken(), step, 2.0, null));
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException interrupted) {
        throw new IllegalStateException(interrupted);
      }
    }
    return text("done").build();
  }

  private static CallToolResult.Builder text(String words) {
    return CallToolResult.builder().addTextContent(words).isError(false);
  }

  private static SyncToolSpecification tool(
      String name,
      Map<String, Object> properties,
      BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> handler) {
    var schema = Map.of("type", "object", "properties", properties);
    return SyncToolSpecification.builder()
        .tool(Tool.builder().name(name).inputSchema(schema).build())
        .callHandler(handler).build();
  }

  private static void listen(HttpServlet servlet) throws Exception {
    var tomcat = new Tomcat();
    tomcat.setBaseDir(System.getProperty("user.dir"));
    tomcat.setPort(0);
    tomcat.setHostname("127.0.0.1");
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    Context context = tomcat.addContext("", System.getProperty("user.dir"));
    var wrapper = Tomcat.addServlet(context, "mcp", servlet);
    wrapper.setAsyncSupported(true);
    context.addServletMappingDecoded("/*", "mcp");
    tomcat.start();
    System.err.println("listening on port " + tomcat.getConnector().getLocalPort());
    tomcat.getServer().await();
  }

  private Server() {}
}
