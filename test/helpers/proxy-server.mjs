// A forward proxy as companies have them: CONNECT, and whole http URLs. argv: the user that it wants (or -), the status
// by which it refuses every request (or 0). Prints its port, then a line for each request.
import { createServer, request } from "node:http";
import { connect } from "node:net";

const [user, status] = [process.argv[2], Number(process.argv[3])];
const wanted = `Basic ${Buffer.from(user).toString("base64")}`;

function refusal(incoming) {
  console.log(`${incoming.method} ${incoming.url.replace(/\?.*/, "")}`);
  if (status) return status;
  return user === "-" || incoming.headers["proxy-authorization"] === wanted ? 0 : 407;
}

const server = createServer((incoming, response) => {
  const refused = refusal(incoming);
  if (refused) return response.writeHead(refused).end("<html>proxy</html>");
  const { "proxy-authorization": _, ...headers } = incoming.headers;
  const onward = request(incoming.url, { method: incoming.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.writeHead(502).end());
  incoming.pipe(onward);
});
server.on("connect", (incoming, socket) => {
  socket.on("error", () => {});
  const refused = refusal(incoming);
  if (refused) return socket.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`);
  const { hostname, port } = new URL(`http://${incoming.url}`);
  const onward = connect(Number(port), hostname, () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    onward.pipe(socket).pipe(onward);
  });
  onward.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
