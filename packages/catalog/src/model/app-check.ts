/** Application checks as the catalog declares them: one schema a kind, members of `measurementSchema`. */

export const APP_CHECK_SCHEMAS = [] as const;
