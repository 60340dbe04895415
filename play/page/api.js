// Requests to the server, whose interface docs/api.md describes.

async function refused(response) {
  let message = `${response.status} ${response.statusText}`;
  try {
    message = (await response.json()).error.message;
  } catch {
    /* no JSON: the status says it */
  }
  return new Error(message);
}

export const closed =
  "The playground does not answer. Is lmzoo play still running? The page reconnects when it is.";

// plainly replaces the browser's message for a server that has gone with a helpful message.
async function plainly(promise) {
  try {
    return await promise;
  } catch (err) {
    throw err.name === "AbortError" ? err : new Error(closed);
  }
}

const send = (path, options) => plainly(fetch(path, options));

export async function get(path, signal) {
  const response = await send(path, { signal });
  if (!response.ok) throw await refused(response);
  return response.json();
}

export async function post(path, body, signal) {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await refused(response);
  return response.json();
}

export async function remove(path) {
  const response = await send(path, { method: "DELETE" });
  if (!response.ok) throw await refused(response);
}

// stream posts a request and calls on(name, data) for every event of the answer.
export async function stream(path, body, signal, on) {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await refused(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const { value, done } = await plainly(reader.read());
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      let name = "message",
        data = "";
      for (const line of event.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        if (line.startsWith("data: ")) data += line.slice(6);
      }
      if (data) on(name, JSON.parse(data));
    }
  }
}
