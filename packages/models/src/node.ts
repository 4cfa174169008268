/** The entry `./node`: folders of a disk, for Node alone. */
export { followLinks } from "./disk/follow-links.ts";
export { watchFiles } from "./disk/file-changes.ts";
export { listFiles, type Listing } from "./disk/list-files.ts";
export { lockFile, waitForLock, type WaitOptions } from "./disk/lock-file.ts";
export type { NewFolder } from "./disk/new-folder.ts";
export { ownFolder, type OwnFolder } from "./disk/own-folder.ts";
export { removeWhole } from "./disk/remove-folder-whole.ts";
export { writeWhole } from "./disk/write-folder-whole.ts";
export { holdOnDisk } from "./disk/hold-on-disk.ts";
export { isGgufFile, openFolder } from "./disk/open-folder.ts";
export { quantizeOnDisk, writeFolder } from "./disk/quantize-on-disk.ts";
