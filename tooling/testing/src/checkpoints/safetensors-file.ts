/** Safetensors files as bytes, right and wrong ones, for tests of what reads them. */

export type Json = Readonly<Record<string, unknown>>;

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A safetensors file of this header and zeros behind it; `statedLength` is the header's length as the file states it. */
export const safetensorsFile = (header: string | Json, dataLength: number, statedLength?: bigint): Uint8Array => {
  const text = bytesOf(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataLength);
  new DataView(file.buffer).setBigUint64(0, statedLength ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
};

/** A header of tensors of these shapes, one behind another, and the length of their data in bytes. */
export const headerOf = (
  tensors: Readonly<Record<string, readonly number[]>>,
  dtype = "F32",
): { readonly header: Json; readonly dataLength: number } => {
  const width = dtype === "F32" ? 4 : 2;
  const header: Record<string, Json> = {};
  let dataLength = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    const end = dataLength + width * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype, shape, data_offsets: [dataLength, end] };
    dataLength = end;
  }
  return { header, dataLength };
};
