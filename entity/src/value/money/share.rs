//! Sharing out and scaling whole units without losing one.

use super::MoneyError;

/// Shares `total` out by `weights` with the largest remainder: the parts always sum to `total`; on equal remainders the part that comes
/// first gets the unit. A negative total is shared as its magnitude, then negated.
///
/// # Errors
/// [`MoneyError::Weights`] when a weight is negative, or none is above zero while there is something to share.
pub fn allocate(total: i64, weights: &[i64]) -> Result<Vec<i64>, MoneyError> {
    if weights.iter().any(|weight| *weight < 0) {
        return Err(MoneyError::Weights);
    }
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    if total == 0 {
        return Ok(vec![0; weights.len()]);
    }
    if sum == 0 {
        return Err(MoneyError::Weights);
    }
    let magnitude = i128::from(total.unsigned_abs());
    // Below 2^126, as both factors are at most 2^63: cannot overflow.
    let mut parts: Vec<i128> = weights.iter().map(|weight| magnitude * i128::from(*weight) / sum).collect();
    let mut order: Vec<(i128, usize)> =
        weights.iter().enumerate().map(|(index, weight)| (magnitude * i128::from(*weight) % sum, index)).collect();
    order.sort_by_key(|(remainder, index)| (std::cmp::Reverse(*remainder), *index));
    let mut left = magnitude - parts.iter().sum::<i128>();
    for (_, index) in order {
        if left == 0 {
            break;
        }
        parts[index] += 1;
        left -= 1;
    }
    let sign = if total < 0 { -1 } else { 1 };
    parts.into_iter().map(|part| i64::try_from(part * sign).map_err(|_| MoneyError::Overflow)).collect()
}

/// `value * num / den`, rounded once, half away from zero: 2.5 gives 3 and -2.5 gives -3 (CO-2).
///
/// # Errors
/// [`MoneyError::DivisionByZero`], [`MoneyError::Overflow`].
pub fn mul_div_half_up(value: i128, num: i128, den: i128) -> Result<i64, MoneyError> {
    if den == 0 {
        return Err(MoneyError::DivisionByZero);
    }
    let product = value.checked_mul(num).ok_or(MoneyError::Overflow)?;
    let (above, below) = (product.unsigned_abs(), den.unsigned_abs());
    let (whole, rest) = (above / below, above % below);
    // `rest >= below - rest` is `2 * rest >= below` without the overflow.
    let rounded = if rest >= below - rest { whole + 1 } else { whole };
    let magnitude = i128::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
    let signed = if (product < 0) == (den < 0) { magnitude } else { -magnitude };
    i64::try_from(signed).map_err(|_| MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::{MoneyError, allocate, mul_div_half_up};

    #[test]
    fn parts_sum_to_the_whole() {
        let cases: [(i64, &[i64], &[i64]); 11] = [
            (100, &[1, 1, 1], &[34, 33, 33]),
            (101, &[1, 1, 1], &[34, 34, 33]),
            (-100, &[1, 1, 1], &[-34, -33, -33]),
            (100, &[50, 30, 20], &[50, 30, 20]),
            (10, &[0, 1, 0], &[0, 10, 0]),
            (1, &[1, 2, 1], &[0, 1, 0]),
            (7, &[3, 3, 1], &[3, 3, 1]),
            (0, &[0, 0], &[0, 0]),
            (0, &[], &[]),
            (i64::MAX, &[i64::MAX, i64::MAX], &[i64::MAX / 2 + 1, i64::MAX / 2]),
            (i64::MIN, &[1], &[i64::MIN]),
        ];
        for (total, weights, parts) in cases {
            let shared = allocate(total, weights).unwrap();
            assert_eq!(shared, parts, "{total} by {weights:?}");
            assert_eq!(shared.iter().copied().map(i128::from).sum::<i128>(), i128::from(total));
        }
    }

    #[test]
    fn weights_that_cannot_share_are_refused() {
        for weights in [&[][..], &[0, 0], &[1, -1], &[3, -1]] {
            assert_eq!(allocate(5, weights), Err(MoneyError::Weights), "{weights:?}");
        }
        assert_eq!(allocate(0, &[-1]), Err(MoneyError::Weights));
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (value, num, den, result) in [
            (5, 1, 2, 3),
            (-5, 1, 2, -3),
            (5, -1, 2, -3),
            (5, 1, -2, -3),
            (-5, 1, -2, 3),
            (4, 1, 3, 1),
            (5, 1, 3, 2),
            (0, 7, 3, 0),
            (9_999, 2_000, 10_000, 2_000),
            (1_234, 1_250, 10_000, 154),
            (i128::from(i64::MAX), 10_000, 10_000, i64::MAX),
            (i128::from(i64::MIN), 1, 1, i64::MIN),
        ] {
            assert_eq!(mul_div_half_up(value, num, den), Ok(result), "{value} * {num} / {den}");
        }
        assert_eq!(mul_div_half_up(1, 1, 0), Err(MoneyError::DivisionByZero));
        assert_eq!(mul_div_half_up(i128::MAX, 2, 1), Err(MoneyError::Overflow));
        assert_eq!(mul_div_half_up(i128::from(i64::MAX) + 1, 1, 1), Err(MoneyError::Overflow));
        assert_eq!(mul_div_half_up(i128::MIN, 1, -1), Err(MoneyError::Overflow));
    }
}
