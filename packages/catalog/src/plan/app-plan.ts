/** Application checks' part of a plan: one schema a kind, members of `checkPlanSchema`. */

export const APP_CHECK_PLANS = [] as const;
