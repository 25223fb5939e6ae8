// What the TypeScript programs share.

const DEADLINE_MS = 60_000;
const PAUSE_MS = 200;

/** Where the API and the receiver are. */
export function environment(): { url: string; key: string; receiver: string } {
  const read = (name: string): string => {
    const value = process.env[name];
    assert(value !== undefined, `${name} is not set`);
    return value;
  };
  return { url: read("GRAPNEL_URL"), key: read("GRAPNEL_KEY"), receiver: read("GRAPNEL_RECEIVER") };
}

/** Ends the program unless the condition holds. */
export function assert(condition: boolean, seen: unknown): asserts condition {
  if (!condition) {
    console.error("unexpected:", seen);
    process.exit(1);
  }
}

/** What `look` finds, as soon as it finds something. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    assert(Date.now() < deadline, `${what} did not come within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
