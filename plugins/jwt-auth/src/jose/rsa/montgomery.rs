//! Modular powers of big numbers by Montgomery multiplication, for public numbers only: time depends on the values.

use std::cell::Cell;

/// Limbs, the least significant first. Products of 32 bits are what WebAssembly multiplies in one step.
type Limbs = Vec<u32>;

/// An odd modulus and what multiplying modulo it needs.
pub(super) struct Montgomery {
    modulus: Limbs,
    /// The negative inverse of the lowest limb, modulo 2^32.
    inverse: u32,
    /// The square of 2^32^limbs, modulo the modulus.
    square: Limbs,
}

impl Montgomery {
    /// The modulus is odd, big-endian, and without leading zero bytes.
    pub(super) fn new(modulus: &[u8]) -> Self {
        let modulus = limbs(modulus, modulus.len().div_ceil(4));
        let lowest = modulus.first().copied().unwrap_or(1);
        // Each step of Newton's iteration doubles the bits that are right, from the 3 that `lowest` itself has.
        let inverse =
            (0..4).fold(lowest, |x, _| x.wrapping_mul(2_u32.wrapping_sub(lowest.wrapping_mul(x)))).wrapping_neg();
        let mut this = Self { modulus, inverse, square: Vec::new() };
        this.square = this.square_of_radix();
        this
    }

    /// `base ^ exponent`, big-endian, in as many bytes as `base`, which is below the modulus.
    pub(super) fn power(&self, base: &[u8], exponent: u64) -> Vec<u8> {
        let base_form = self.multiply(&limbs(base, self.modulus.len()), &self.square);
        let power = self.power_of_form(&base_form, exponent);
        let mut one = vec![0; self.modulus.len()];
        one.first_mut().into_iter().for_each(|lowest| *lowest = 1);
        let mut bytes: Vec<u8> = self.multiply(&power, &one).into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.truncate(base.len());
        bytes.reverse();
        bytes
    }

    /// The power of a number in Montgomery's form, in that form. The exponent is at least 1.
    fn power_of_form(&self, base: &[u32], exponent: u64) -> Limbs {
        let mut power = base.to_vec();
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            power = self.multiply(&power, &power);
            if exponent >> bit & 1 == 1 {
                power = self.multiply(&power, base);
            }
        }
        power
    }

    /// With `R = 2^32^limbs`: doubling the modulus's highest bit gives `2R`, which is 2 in Montgomery's form, and `R` in that form
    /// is its square.
    fn square_of_radix(&self) -> Limbs {
        let limbs = self.modulus.len();
        let unused = self.modulus.last().map_or(0, |limb| limb.leading_zeros());
        let mut number = vec![0; limbs];
        number.last_mut().into_iter().for_each(|limb| *limb = (1 << 31) >> unused);
        for _ in 0..unused + 2 {
            let carry = double(&mut number);
            self.reduce(&mut number, carry);
        }
        self.power_of_form(&number, limbs as u64 * 32)
    }

    /// `a * b / R` modulo the modulus; both are below it.
    fn multiply(&self, a: &[u32], b: &[u32]) -> Limbs {
        let mut sum = vec![0; self.modulus.len()];
        let mut top = 0;
        for factor in a {
            top = self.add_product(&mut sum, top, *factor, b);
        }
        self.reduce(&mut sum, top != 0);
        sum
    }

    /// Adds `factor * b` to `sum`, and what of the modulus makes its lowest limb zero, which goes.
    fn add_product(&self, sum: &mut [u32], top: u64, factor: u32, b: &[u32]) -> u64 {
        let lowest = sum.first().copied().unwrap_or(0);
        let product = u64::from(factor) * u64::from(b.first().copied().unwrap_or(0)) + u64::from(lowest);
        let multiple = u64::from((product as u32).wrapping_mul(self.inverse));
        let cancelled = multiple * u64::from(self.modulus.first().copied().unwrap_or(0)) + (product & 0xffff_ffff);
        let (mut carry, mut second) = (product >> 32, cancelled >> 32);
        let sum = Cell::from_mut(sum).as_slice_of_cells();
        let higher = sum.iter().skip(1).zip(b.iter().zip(&self.modulus).skip(1));
        for (below, (at, (b, modulus))) in sum.iter().zip(higher) {
            let product = u64::from(factor) * u64::from(*b) + u64::from(at.get()) + carry;
            let cancelled = multiple * u64::from(*modulus) + (product & 0xffff_ffff) + second;
            below.set(cancelled as u32);
            (carry, second) = (product >> 32, cancelled >> 32);
        }
        let highest = top + carry + second;
        sum.last().into_iter().for_each(|limb| limb.set(highest as u32));
        highest >> 32
    }

    /// Subtracts the modulus once if the number, with a further bit on top, is not below it.
    fn reduce(&self, number: &mut [u32], carry: bool) {
        if !carry && number.iter().rev().lt(self.modulus.iter().rev()) {
            return;
        }
        let mut borrow = false;
        for (limb, modulus) in number.iter_mut().zip(&self.modulus) {
            let (difference, first) = limb.overflowing_sub(*modulus);
            let (difference, second) = difference.overflowing_sub(u32::from(borrow));
            (*limb, borrow) = (difference, first || second);
        }
    }
}

fn double(number: &mut [u32]) -> bool {
    let mut carry = 0;
    for limb in number {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 31);
    }
    carry == 1
}

fn limbs(bytes: &[u8], count: usize) -> Limbs {
    let limb = |bytes: &[u8]| bytes.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte));
    let mut limbs: Limbs = bytes.rchunks(4).map(limb).collect();
    limbs.resize(count, 0);
    limbs
}
