/** A file of safetensors with its header changed as JSON, or with its bytes changed. */
import fc from "fast-check";
import { mutateBytes } from "./mutate-bytes.ts";
import { mutateJsonText } from "./mutate-json.ts";

const withHeader = (text: string, data: Uint8Array): Uint8Array => {
  const header = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + header.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(data, 8 + header.length);
  return file;
};

export const mutateSafetensors = (file: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const end = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const [header, data] = [new TextDecoder().decode(file.subarray(8, end)), file.subarray(end)];
  return fc.oneof(
    { weight: 3, arbitrary: mutateJsonText(header).map((text) => withHeader(text, data)) },
    { weight: 1, arbitrary: mutateBytes(file) },
    { weight: 1, arbitrary: mutateBytes(file.subarray(0, end)).map((bytes) => new Uint8Array([...bytes, ...data])) },
  );
};
