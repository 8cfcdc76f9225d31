/** The official Java SDK: `Program server TRANSPORT` and `Program client TASK`, as test/slow/languages/README.md says. */
final class Program {
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("server")) Server.serve(arguments[1]);
    else Client.talk(arguments[1]);
  }

  private Program() {}
}
