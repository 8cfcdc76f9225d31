import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientSseClientTransport;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the calls of a task and reports them. */
final class Client {
  private static final McpJsonMapper JSON = McpJsonDefaults.getMapper();

  record Call(String name, Map<String, Object> arguments) {}

  record Task(String transport, String url, List<String> command, List<Call> calls) {}

  static void talk(String words) throws Exception {
    var task = JSON.readValue(words, Task.class);
    List<Double> progress = Collections.synchronizedList(new ArrayList<>());
    McpSyncClient client = McpClient.sync(transport(task))
        .clientInfo(new Implementation("java-sdk-client", "1.0.0"))
        .progressConsumer(notification -> progress.add(notification.progress()))
        .build();
    var begun = client.initialize();
    var tools = client.listTools().tools().stream().map(Tool::name).toList();
    var made = new ArrayList<Map<String, Object>>();
    for (var call : task.calls()) {
      var request = CallToolRequest.builder().name(call.name()).arguments(call.arguments())
          .progressToken("call-" + made.size()).build();
      var since = System.nanoTime();
      var result = client.callTool(request);
      var took = (System.nanoTime() - since) / 1e6;
      var seen = new LinkedHashMap<String, Object>();
      seen.put("tool", call.name());
      seen.put("isError", Boolean.TRUE.equals(result.isError()));
      seen.put("text", ((TextContent) result.content().get(0)).text());
      seen.put("progress", List.copyOf(progress));
      seen.put("ms", took);
      made.add(seen);
      progress.clear();
    }
    var report = new LinkedHashMap<String, Object>();
    report.put("server", begun.serverInfo().name());
    report.put("tools", tools);
    report.put("calls", made);
    System.out.println(JSON.writeValueAsString(report));
    System.in.readAllBytes();
    client.closeGracefully();
    System.exit(0);
  }

  private static McpClientTransport transport(Task task) {
    if (task.transport().equals("stdio")) {
      var command = task.command();
      return new StdioClientTransport(
          ServerParameters.builder(command.get(0)).args(command.subList(1, command.size())).build(), JSON);
    }
    var uri = URI.create(task.url());
    var origin = uri.getScheme() + "://" + uri.getAuthority();
    return task.transport().equals("sse")
        ? HttpClientSseClientTransport.builder(origin).sseEndpoint(uri.getPath()).build()
        : HttpClientStreamableHttpTransport.builder(origin).endpoint(uri.getPath()).build();
  }

  private Client() {}
}
