export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

export const floatsToBase64 = (values: Float32Array): string =>
  toBase64(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
