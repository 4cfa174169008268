export { openFolder } from "./open-folder.ts";
export { quantizeOnDisk, writeFolder } from "./quantize/disk.ts";
