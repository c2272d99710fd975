// Passes requests on to a door with the token that the suites and the inspector cannot be told of. Everything else, such
// as Host and Origin, is passed on as it came, because the suites try those.
//
//   node with-token.mjs PORT TOKEN      prints the port on which it listens
import http from "node:http";

const [port, token] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const passed = http.request(
    { host: "127.0.0.1", port, path: request.url, method: request.method, headers, setHost: false },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    },
  );
  passed.on("error", () => response.destroy());
  response.on("close", () => passed.destroy());
  request.pipe(passed);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
