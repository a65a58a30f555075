/** Bytes under keys such as `blobs/ab/cd/abcd...`, in a place that several servers share. */
export interface ObjectStore {
  /** Stores an object in full or not at all; durable when it resolves. @throws StorageUnavailable */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null when there is no such object. @throws StorageUnavailable */
  get(key: string): Promise<Buffer | null>;
  /** Size of an object, bytes; null when there is no such object. @throws StorageUnavailable */
  size(key: string): Promise<number | null>;
  /** Deletes objects; those that do not exist are skipped. @throws StorageUnavailable, when some may be deleted already. */
  delete(keys: readonly string[]): Promise<void>;
  /** Free space, bytes; infinite where that is unknown. @throws StorageUnavailable */
  free(): Promise<number>;
  close(): Promise<void>;
}
