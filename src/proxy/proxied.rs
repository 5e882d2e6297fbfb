//! A problem that a proxy answers for.

use std::borrow::Cow;
use std::sync::Arc;

use rl_env::design::{Design, DesignSpace};
use rl_env::problem::{Metric, Outcome, Problem};

use super::file::Proxy;

/// A problem whose outcomes are predicted. It reports what the proxy predicts and nothing else.
pub struct Proxied {
    inner: Arc<dyn Problem>,
    proxy: Arc<Proxy>,
    metrics: Vec<Metric>,
}

impl Proxied {
    /// Lets `proxy` answer for the problem that it was read for.
    pub fn new(inner: Arc<dyn Problem>, proxy: Arc<Proxy>) -> Self {
        let own = |name: &str| inner.metrics().iter().find(|metric| metric.name == name).cloned();
        let metrics = proxy.about.targets.iter().filter_map(|target| own(&target.name)).collect();
        Self { inner, proxy, metrics }
    }
}

impl Problem for Proxied {
    fn space(&self) -> &DesignSpace {
        self.inner.space()
    }

    fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let features = self.proxy.encoder.encode([self.inner.canonical(design).as_ref()]);
        if let Some(chance) = self.proxy.fitted.chance(&features).map(|chances| chances[0])
            && chance < 0.5
        {
            let detail = format!("the proxy gives it a chance of {:.0} % to work", 100.0 * chance);
            return Outcome::infeasible("predicted-infeasible", detail);
        }
        Outcome::Feasible(self.proxy.fitted.values(&features).data.into())
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        self.inner.canonical(design)
    }
}
