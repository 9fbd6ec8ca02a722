"""Reliability, tried out: faults that are injected into real jobs, and the promises that are checked behind them."""

from lightning_sepcl.torture.campaign import Campaign, plan
from lightning_sepcl.torture.catalogue import FAULTS
from lightning_sepcl.torture.fault import Broken, Fault, Kept, Outcome
from lightning_sepcl.torture.site import Job, Site

__all__ = ["FAULTS", "Broken", "Campaign", "Fault", "Job", "Kept", "Outcome", "Site", "plan"]
