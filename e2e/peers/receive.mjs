// Receives events with the JavaScript SDK and prints them, one JSON object a line. The first line is its address.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { HTTP } = createRequire(process.env.NODE_MODULES + "/")("cloudevents");

const server = createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const bytes = Buffer.concat(pieces);
    const isText = /json|^text\//.test(request.headers["content-type"] ?? "");
    const event = HTTP.toEvent({ headers: request.headers, body: isText ? bytes.toString() : bytes });
    const { data, data_base64, ...attributes } = event.toJSON();
    const seen = { attributes };
    if (data_base64 !== undefined) seen.data_base64 = data_base64;
    else if (data instanceof Uint8Array) seen.data_base64 = Buffer.from(data).toString("base64");
    else seen.data = data;
    console.log(JSON.stringify(seen));
    response.writeHead(204).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log("127.0.0.1:" + server.address().port));
process.on("SIGINT", () => process.exit(0));
