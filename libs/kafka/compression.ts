/** Compression of produced record batches. Whatever was used, every client reads it. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
