/** Responses that transformers.js reads, and JSON in them. */

export const bytesResponse = (bytes: Uint8Array): Response =>
  new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-length": String(bytes.byteLength) } });

/**
 * A response whose body fails with `error`, but not before `ready`. If a cache threw the error itself, transformers.js would take the
 * file for missing, and load the plain model. An error in the body reaches the caller of `from_pretrained`.
 */
export const failingResponse = (error: unknown, ready: () => Promise<void>): Response => {
  const response = new Response(
    new ReadableStream(
      { pull: async (controller) => ready().then(() => controller.error(error)) },
      { highWaterMark: 0 },
    ),
  );
  // Some browsers replace the stream's error by one of their own.
  return Object.assign(response, {
    arrayBuffer: async (): Promise<ArrayBuffer> => {
      await ready();
      throw error;
    },
  });
};

export const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A JSON object; undefined for other bytes, such as the page that a development server gives for a missing file. */
export const parsed = (bytes: Uint8Array | undefined): Readonly<Record<string, unknown>> | undefined => {
  try {
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>);
  } catch {
    return undefined;
  }
};
