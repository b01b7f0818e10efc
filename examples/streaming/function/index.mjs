// A Lambda function that streams, for AWS's Node.js runtimes, which give it `awslambda`. Handler: index.handler.
import { setTimeout } from "node:timers/promises";

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const hero = event.pathParameters.hero;
  // What the answer begins with: its status and headers, before the first line is there.
  stream = awslambda.HttpResponseStream.from(stream, {
    statusCode: 200,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    cookies: ["hero=" + encodeURIComponent(hero)],
  });
  const story = [`Once upon a time there was ${hero}.`, `${hero} streamed an answer.`, `And ${hero} lived happily ever after.`];
  for (const line of story) {
    stream.write(line + "\n");
    await setTimeout(1000);
  }
  stream.end();
});
