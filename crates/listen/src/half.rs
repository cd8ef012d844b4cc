//! Half precision floats (IEEE 754 binary16), rounded to nearest even.

/// The value of a half.
pub(crate) fn to_f32(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 0x1f;
    let mantissa = u32::from(half) & 0x3ff;
    let bits = match (exponent, mantissa) {
        (0, 0) => 0,
        (0, _) => {
            // A subnormal half is a normal float: its leading one moves to the implied place.
            let shift = mantissa.leading_zeros() - 21;
            ((113 - shift) << 23) | ((mantissa << (13 + shift)) & 0x007f_ffff)
        }
        (0x1f, _) => 0x7f80_0000 | (mantissa << 13),
        _ => ((exponent + 112) << 23) | (mantissa << 13),
    };
    f32::from_bits(sign | bits)
}

/// The nearest half.
pub(crate) fn from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    if magnitude >= 0x4780_0000 {
        return sign | 0x7c00;
    }
    if magnitude < 0x3880_0000 {
        // Below the smallest normal half, adding 0.5 lines the mantissa up so that the float unit does the rounding.
        let rounded = f32::from_bits(magnitude) + 0.5;
        return sign | (rounded.to_bits() - 0x3f00_0000) as u16;
    }
    let odd = (magnitude >> 13) & 1;
    let rounded = magnitude - 0x3800_0000 + 0xfff + odd;
    sign | (rounded >> 13) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_the_round_trip() {
        for half in 0..=u16::MAX {
            let value = to_f32(half);
            if value.is_nan() {
                assert!(to_f32(from_f32(value)).is_nan());
            } else {
                assert_eq!(from_f32(value), half, "{value}");
            }
        }
    }

    #[test]
    fn rounding_is_to_nearest_even() {
        for (value, half) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (65_504.0, 0x7bff),
            (65_519.9, 0x7bff),
            (65_520.0, 0x7c00),
            (1e9, 0x7c00),
            (-2.0, 0xc000),
            (1.0 + 1.0 / 2048.0, 0x3c00),
            (1.0 + 3.0 / 2048.0, 0x3c02),
            (5.960_464_5e-8, 1),
            (2.980_232_2e-8, 0),
            (6.097_555e-5, 0x03ff),
        ] {
            assert_eq!(from_f32(value), half, "{value}");
        }
    }
}
