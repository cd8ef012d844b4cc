//! Dense linear algebra for small symmetric systems, row-major in a flat slice. Not for matrices beyond a few hundred rows.

/// Overwrites the lower triangle of the `n` × `n` matrix with its Cholesky factor. `false` when it is not positive definite;
/// then the matrix is spoilt.
pub(crate) fn cholesky(matrix: &mut [f64], n: usize) -> bool {
    for row in 0..n {
        for column in 0..=row {
            let (a, b) = (&matrix[row * n..], &matrix[column * n..]);
            let known: f64 = a[..column].iter().zip(&b[..column]).map(|(a, b)| a * b).sum();
            let rest = a[column] - known;
            if row == column {
                // A pivot lost to rounding would make a factor of noise.
                if rest.is_nan() || rest.is_infinite() || rest <= 1e-14 * a[column].abs() {
                    return false;
                }
                matrix[row * n + row] = rest.sqrt();
            } else {
                matrix[row * n + column] = rest / matrix[column * n + column];
            }
        }
    }
    true
}

/// Overwrites `right` by L⁻¹ `right`, `factor` = L from [`cholesky`].
pub(crate) fn solve_lower(factor: &[f64], right: &mut [f64]) {
    let n = right.len();
    for row in 0..n {
        let line = &factor[row * n..row * n + row];
        let known: f64 = line.iter().zip(&right[..row]).map(|(a, b)| a * b).sum();
        right[row] = (right[row] - known) / factor[row * n + row];
    }
}

/// Overwrites `right` by L⁻ᵀ `right`, `factor` = L from [`cholesky`].
pub(crate) fn solve_upper(factor: &[f64], right: &mut [f64]) {
    let n = right.len();
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|below| factor[below * n + row] * right[below]).sum();
        right[row] = (right[row] - known) / factor[row * n + row];
    }
}

/// The logarithm of the determinant of the matrix that `factor` came from.
pub(crate) fn log_determinant(factor: &[f64], n: usize) -> f64 {
    (0..n).map(|i| 2.0 * libm::log(factor[i * n + i])).sum()
}

/// Σ aᵢ bᵢ.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        for mut matrix in [[1.0, 2.0, 2.0, 1.0], [0.0; 4], [1.0, 1.0, 1.0, 1.0], [f64::NAN; 4]] {
            assert!(!cholesky(&mut matrix, 2), "{matrix:?}");
        }
    }

    proptest! {
        #[test]
        fn a_solved_system_holds(rows in prop::collection::vec(-1.0..1.0_f64, 16), right in prop::collection::vec(-1.0..1.0_f64, 4)) {
            // B Bᵀ + I is positive definite.
            let entry = |i: usize, j: usize| {
                dot(&rows[i * 4..i * 4 + 4], &rows[j * 4..j * 4 + 4]) + f64::from(i == j)
            };
            let matrix: Vec<f64> = (0..16).map(|at| entry(at / 4, at % 4)).collect();
            let mut factor = matrix.clone();
            prop_assert!(cholesky(&mut factor, 4));
            let mut solved = right.clone();
            solve_lower(&factor, &mut solved);
            solve_upper(&factor, &mut solved);
            for i in 0..4 {
                prop_assert!((dot(&matrix[i * 4..i * 4 + 4], &solved) - right[i]).abs() < 1e-10);
            }
            prop_assert!(log_determinant(&factor, 4) >= -1e-12);
        }
    }
}
