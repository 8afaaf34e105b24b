/** Columns that the wrapper adds to each row, besides the row itself as `__row`: they carry its identity and its times. */
export const ownColumns = ['__ing', '__id', '__ingS', '__tgS'] as const;
