//! The engine against numbers that are known exactly: the sum of Poisson(5) many losses that are exponential with mean 1
//! (METHODS §1). One host, no recovery, a horizon so long that incidents do not meet.

use serde::Serialize;

use super::model::{After, Dark, HostModel, Levels, Model, ModelError, Spill};
use super::scenario::Engine;
use super::simulate::{Run, simulate};
use super::tail::Tail;
use crate::watch::{Stopped, Watch};

/// α, VaR and ES of the exact distribution.
pub const EXACT: [(f64, f64, f64); 3] = [
    (0.95, 10.934_150_0, 13.075_957_4),
    (0.99, 14.404_379_3, 16.352_781_0),
    (0.999, 18.850_068_3, 20.640_338_3),
];

/// One line of the table.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CheckLine {
    /// The exact value at risk.
    pub exact_var: f64,
    /// The exact expected shortfall.
    pub exact_es: f64,
    /// What the engine says.
    pub seen: Tail,
}

impl CheckLine {
    /// How many standard errors VaR and ES are from what they should be.
    #[must_use]
    pub fn errors(&self) -> (f64, f64) {
        let errors = |seen: f64, exact: f64, error: f64| (seen - exact) / error;
        (
            errors(self.seen.var, self.exact_var, self.seen.var_error),
            errors(self.seen.es, self.exact_es, self.seen.es_error),
        )
    }

    /// Whether both are within three standard errors.
    #[must_use]
    pub fn fine(&self) -> bool {
        let (var, es) = self.errors();
        var.abs() <= 3.0 && es.abs() <= 3.0
    }
}

/// Why the table could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The engine refuses its own model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Somebody stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// The model of compound Poisson(5) × Exp(1).
#[must_use]
pub fn compound_poisson() -> Model {
    const HORIZON_DAYS: f64 = 1e9;
    Model {
        horizon_days: HORIZON_DAYS,
        hosts: vec![HostModel {
            host: "one".to_owned(),
            incidents_per_day: 5.0 / HORIZON_DAYS,
            ceiling_per_day: None,
            gmv_per_day: 1.0,
            substitution: Levels::default(),
            brands: Vec::new(),
        }],
        brands: Vec::new(),
        dark: Dark::Exponential { mean_days: 1.0 },
        after: After { depth: 0.0, recovery_days: 1.0 },
        spill: Spill::default(),
        substitutes: Vec::new(),
    }
}

/// Draws the table.
pub fn check(run: &Run, watch: &dyn Watch) -> Result<Vec<CheckLine>, CheckError> {
    let engine = Engine::new(&compound_poisson())?;
    let losses = simulate(&engine, run, watch)?.by_level.mid;
    let line = |(alpha, exact_var, exact_es)| CheckLine {
        exact_var,
        exact_es,
        seen: Tail::of(&losses, alpha),
    };
    Ok(EXACT.into_iter().map(line).collect())
}
