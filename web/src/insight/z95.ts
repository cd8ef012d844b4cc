/** How many standard errors on either side hold 95 %. */
export const z95 = 1.96;
