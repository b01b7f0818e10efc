// Sends events with the JavaScript SDK. Each line of standard input is one: {url, structured, attributes, data or data_base64}.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { CloudEvent, HTTP } = createRequire(process.env.NODE_MODULES + "/")("cloudevents");

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const data = job.data_base64 === undefined ? job.data : new Uint8Array(Buffer.from(job.data_base64, "base64"));
  const event = new CloudEvent({ ...job.attributes, data });
  const message = job.structured ? HTTP.structured(event) : HTTP.binary(event);
  const answer = await fetch(job.url, { method: "POST", headers: message.headers, body: message.body });
  console.log(answer.status);
  if (!answer.ok) throw new Error(await answer.text());
}
