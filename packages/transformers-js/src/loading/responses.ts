/** Responses as transformers.js reads them. */

export const bytesResponse = (bytes: Uint8Array): Response =>
  new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-length": String(bytes.byteLength) } });

/**
 * A response that fails when it is read, and not before `ready`. transformers.js takes an error of a cache for a missing file
 * and goes on to load the model as it was; an error in the body reaches whoever called `from_pretrained`.
 */
export const failingResponse = (error: unknown, ready: () => Promise<void>): Response => {
  const response = new Response(
    new ReadableStream(
      { pull: async (controller) => ready().then(() => controller.error(error)) },
      { highWaterMark: 0 },
    ),
  );
  // Some browsers put an error of their own in place of the stream's.
  return Object.assign(response, {
    arrayBuffer: async (): Promise<ArrayBuffer> => {
      await ready();
      throw error;
    },
  });
};

export const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A JSON object; undefined where there is none, such as the page that a development server gives for what is not there. */
export const parsed = (bytes: Uint8Array | undefined): Readonly<Record<string, unknown>> | undefined => {
  try {
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>);
  } catch {
    return undefined;
  }
};
