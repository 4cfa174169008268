export {
  extendFolder,
  trainedContextOf,
  type FolderOptions,
  type ExtendedFolder,
} from "./folder/disk/extend-folder.ts";
