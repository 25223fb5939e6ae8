// Receives webhooks: verifies each request, handles each event once, and answers.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

// The largest body: 256 KiB of data and the fields around it.
const MAX_BODY_BYTES = 300_000;

const webhook = new Webhook(process.env.GRAPNEL_SECRET);
// In your service a table with a unique key: an event may arrive twice, also after a restart.
const handled = new Set();

async function receive(request, response) {
  // The signature covers these bytes. Verify them before anything parses or changes them.
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return response.writeHead(413).end();
    chunks.push(chunk);
  }
  let event;
  try {
    event = webhook.verify(Buffer.concat(chunks), request.headers);
  } catch (error) {
    console.log(`refused: ${error.message}`);
    return response.writeHead(401).end();
  }
  const messageId = request.headers["webhook-id"];
  if (!handled.has(messageId)) {
    handled.add(messageId);
    // Your work. If it takes more than a second, put it on a queue: Grapnel waits for the answer.
    console.log(`${event.type} ${event.id} ${JSON.stringify(event.data)}`);
  }
  response.writeHead(204).end();
}

const port = Number(process.env.PORT ?? 8000);
createServer((request, response) => {
  receive(request, response).catch(() => response.destroy());
}).listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${port}/`));
